const int x;
