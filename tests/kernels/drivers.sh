#!/bin/bash
echo "ok - placeholder"
